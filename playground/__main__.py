"""`python -m playground`: the command line of `playground.cli`."""

import sys

from playground.cli.commands import main

if __name__ == "__main__":
    sys.exit(main())
