"""`python -m catalog` is the command `catalog`."""

import sys

from catalog.cli import main

sys.exit(main())
