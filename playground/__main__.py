"""`python -m playground`: the command line of `playground.cli`."""

import sys

if __name__ == "__main__":
    try:
        from playground.cli.commands import main

        status = main()
    except KeyboardInterrupt:  # while the imports are under way
        print("interrupted")
        status = 130
    sys.exit(status)
