"""What the course's notebooks read: a physics text and a small GPT-2 trained on it, both made by this package."""
