"""``python -m dihkpi``: the command line."""

from dihkpi.cli import main

if __name__ == "__main__":
    main()
