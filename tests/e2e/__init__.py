"""Tests that use real servers and a real browser."""
