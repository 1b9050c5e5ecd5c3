"""Front ends that people run. They share the server's wire formats and vocabulary, and know nothing of its inside."""
