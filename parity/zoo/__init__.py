"""The layer zoo: the examples of all rules as cases, and the page that they make."""
