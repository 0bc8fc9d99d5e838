"""What `make bench` and `make smoke` run; the product knows nothing of it."""
