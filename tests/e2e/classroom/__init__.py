"""A class with accounts of its own on a real hub: what the tests of a whole day stand on."""
