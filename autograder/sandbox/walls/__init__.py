"""The walls around student code, and what tries them."""
