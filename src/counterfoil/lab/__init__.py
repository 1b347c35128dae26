"""What is asked of the whole from outside: measurements and, later, races against a running service."""
