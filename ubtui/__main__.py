"""`python -m ubtui` is the command `ubtui`."""

from ubtui.cli import main

if __name__ == "__main__":
    main()
