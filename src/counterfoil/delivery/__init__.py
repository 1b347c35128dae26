"""What happens after the commit: tasks are leased, carried out, and settled."""
