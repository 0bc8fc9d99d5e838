"""The embedded vector engine: one owner process that speaks the part of Qdrant's REST interface we use."""
