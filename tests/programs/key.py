"""What grading.py compares with."""

RIGHT = "bac"
