"""What `manage.py doctor` looks at: every part of a running installation, each with what to do when it is not well."""
