"""What pieces of a frame are made of: for the guest, which takes it apart, and
the caller, who checks and builds it."""

from __future__ import annotations

import datetime
import decimal

#: What a cell of an object column, a label or a name may be, exactly.
SCALARS = frozenset(
    (
        *(type(None), bool, int, float, complex, str, bytes),
        *(datetime.date, datetime.datetime, datetime.time),
        *(datetime.timedelta, decimal.Decimal),
    )
)
#: Kinds of numpy types: bool, numbers, timedelta64 and datetime64.
KINDS = "biufcmM"
