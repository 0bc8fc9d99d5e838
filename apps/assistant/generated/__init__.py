"""What a language model wrote, believed only as far as stored sources bear it out. Pure: no Django, no network, no model."""
