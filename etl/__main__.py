"""``python -m etl``: the command line; users call ``./sozialbericht``, which prepares the machine first."""

from etl.cli import main

if __name__ == "__main__":
    main()
