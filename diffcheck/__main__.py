"""`python -m diffcheck` is the command line."""

from diffcheck.cli import main

main()
