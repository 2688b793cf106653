"""The walls around student code, and the attempts that test them."""
