"""What counts as a number in a policy and in a call."""

import math
from typing import TypeGuard


def is_number(value: object) -> TypeGuard[int | float]:
    """A finite number that a float can hold; true and false are none."""
    if isinstance(value, bool):
        return False
    if isinstance(value, int):
        return value.bit_length() < 1000
    return isinstance(value, float) and math.isfinite(value)
