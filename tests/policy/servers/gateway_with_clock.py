"""The gateway over stdio with a clock that a test sets through a file: CLOCK POLICY STATE AUDIT COMMAND..."""

import sys
from pathlib import Path

from catalog.policy.gateway.run import Settings, run_stdio

clock, policy, state, audit = map(Path, sys.argv[1:5])
settings = Settings(policy, state, audit, patience_s=30)
sys.exit(run_stdio(settings, sys.argv[5:], lambda text: print(text, file=sys.stderr), lambda: float(clock.read_text())))
