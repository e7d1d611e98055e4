"""What guides a newcomer: tours and questions, as data."""
