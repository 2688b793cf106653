"""The command line, a file for each family of commands; last on the path.

`main` puts them together; `terminal` has what all of them share. Whatever takes long to import is imported inside the
commands: that is what makes the others start at once.
"""
