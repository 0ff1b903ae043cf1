"""What a call used: what the kernel told of its worker, and what the caller
has counted."""

from __future__ import annotations

from .._outcome import Usage

TYPE_CHECKING = False
if TYPE_CHECKING:
    from .causes import Report


def usage(
    report: Report | None,
    *,
    wall_time: float,
    request_bytes: int,
    result_bytes: int,
    output_bytes: int,
) -> Usage:
    """
    :param report: what the zygote told of the worker, if it has.
    """
    counted = {
        "wall_time": wall_time,
        "request_bytes": request_bytes,
        "result_bytes": result_bytes,
        "output_bytes": output_bytes,
    }
    if report is None:
        return Usage(**counted)
    _, user, system, peak, minor, major, voluntary, involuntary, _ = report
    return Usage(
        **counted,
        user_time=user / 1e6,
        system_time=system / 1e6,
        peak_memory=peak * 1024,
        page_faults=minor + major,
        context_switches=voluntary + involuntary,
        measured=True,
    )
