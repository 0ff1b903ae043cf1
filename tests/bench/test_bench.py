"""`boxed bench`, `boxed run --timing`, and the project's own benchmarks."""

from __future__ import annotations

from pathlib import Path
from xml.etree import ElementTree

import pytest
from core import check_file
from environments import CORE

from bench import contender, memory, merge, report, rows, verdicts
from boxed._bench import sampling, short

PROGRAMS = Path(__file__).parent / "programs"


@pytest.mark.parametrize("name", [*CORE, "old-kernel"])
def test_bench_measures_what_there_is(make_environment, name):
    """Tiers and peers that work have numbers, the others a reason."""
    environment = make_environment(name)
    program = PROGRAMS / "measures_what_there_is.py"
    check_file(environment, program, environment.tier_expected)


def test_bench_prints_tables(make_environment):
    """For people: every contender has a line, what is missing a reason."""
    check_file(make_environment("root"), PROGRAMS / "prints_tables.py")


def test_timing_tells_every_step(environment):
    """On stderr, in order, and the value alone on stdout."""
    check_file(environment, PROGRAMS / "timing_tells_every_step.py")


def test_every_contender_can_be_made():
    """No row names a factory that there is not."""
    factories = {
        one.factory for row in rows.ROWS for one in row.contenders
    } | {"boxed_live", "boxed_sandboxes"}
    for name in sorted(factories):
        assert callable(contender.find(name)), name
    assert set(rows.SHORT) <= {row.key for row in rows.ROWS}
    assert set(memory.TIERS) == set(rows.TIERS)
    for row in rows.ROWS:
        assert row.reference in [one.name for one in row.contenders], row.key


def test_every_target_names_a_row():
    """No verdict is about what nobody measures."""
    measured = {
        row.key: {
            "reference": row.reference,
            "contenders": {
                one.name: {"p10_ns": 7, "p50_ns": 7, "ratio": 9.0}
                for one in row.contenders
            },
        }
        for row in rows.ROWS
    }
    for target in verdicts.TARGETS:
        pairs = list(verdicts.contenders(target, measured))
        assert len(pairs) >= len(target.rows), target
        assert len(pairs) in (1, len(rows.TIERS)), target


@pytest.mark.parametrize(
    ("worst", "verdict"), [(0.5, ""), (0.8, ""), (0.81, "missed")]
)
def test_the_worst_tier_decides(worst, verdict):
    """Not the full tier, and not the mean."""
    times = {"p10_ns": 5, "p50_ns": 10}
    row = canned(
        **{
            "boxed, full": {**times, "ratio": 0.5},
            "boxed, uid": {**times, "ratio": worst},
            "boxed, rootless": {"missing": "no"},
            "pool": {**times, "ratio": 1.0},
        }
    )
    target = verdicts.Target("a call", "0.8", 0.8, ("warm",))
    assert verdicts.line(target, {"warm": row}) == [
        *("a call", "0.8", "0.50", f"{worst:.2f}", "1.00", verdict)
    ]
    assert verdicts.line(target, {})[-1] == "not measured"


def test_a_target_may_allow_milliseconds_more():
    """The bare interpreter's time and five more, whatever that ratio is."""
    bare = {"p10_ns": 8e6, "p50_ns": 8e6, "ratio": 1.0}
    target = verdicts.Target("cold", "+ 5 ms", 1, ("cold",), slack=5_000_000)
    for p50, verdict in ((12.9e6, ""), (13.1e6, "missed")):
        ours = {"p10_ns": p50, "p50_ns": p50}
        row = canned(**{"boxed, full": ours, "pool": bare})
        assert verdicts.line(target, {"cold": row})[-1] == verdict


def test_ratios_are_taken_within_rounds():
    """A load that meets everybody in one round changes none."""
    quiet, busy = [100, 110, 120], [1000, 1100, 1200]
    found = sampling.summary([quiet, busy], [[50, 55, 60], [500, 550, 600]])
    assert found["ratio"] == found["ratio_low"] == found["ratio_high"] == 2.0
    assert (found["min_ns"], found["samples"]) == (100, 6)
    assert "ratio" not in sampling.summary([quiet], None)


def test_turns_go_both_ways():
    """Who is last in one round is first in the next."""
    order = []

    def taker(name):
        return lambda: order.append(name) or [1]

    taken = sampling.take_turns({"a": taker("a"), "b": taker("b")}, 3, 0)
    assert order == list("abbaab")
    assert taken == {"a": [[1]] * 3, "b": [[1]] * 3}


def test_what_cannot_run_is_named():
    """A peer that is not installed is missing, not absent."""

    def not_there():
        raise ImportError("no module named peer")

    found = short.measure(
        {short.REFERENCE: lambda: lambda: 7, "peer": not_there}, 1, 1
    )
    assert found["peer"] == {"missing": "no module named peer"}
    assert list(found) == [short.REFERENCE, "peer"]


def canned(**contenders):
    """Results as `python -m bench` has them."""
    return {
        "title": "A call & more",
        "reference": "pool",
        "target": "at most 0.8",
        "limit": 0.8,
        "contenders": contenders,
    }


def test_the_report_holds_every_part(tmp_path):
    """Tables and plot go between the markers, what is missing by name."""
    pool = sampling.summary([[100, 200]], [[100, 200]])
    ours = sampling.summary([[300_000, 400_000]], [[100, 200]])
    memory_of = {"full": {"missing": "needs root"}}
    results = {
        "machine": {
            **dict.fromkeys(("cores", "memory_gib", "load"), 2),
            **dict.fromkeys(("architecture", "kernel", "python"), "x"),
            "packages": {"numpy": "2.0"},
        },
        "rows": {
            "warm": canned(
                **{"boxed, full": ours, "pool": pool, "far": {"missing": "no"}}
            )
        },
        "memory": memory_of,
        "live": {
            "sandboxes": 9,
            "each": 3 << 19,
            **dict.fromkeys(("first_ns", "last_ns"), 3e6),
        },
        "decoder": {"ints": {"ours_ns": 2e6, "theirs_ns": 1e6}},
        "stages": {
            "tier": "full",
            "warm": [["caller", "whole call", 0, 1e6]],
            "cold": [["worker", "fork", 2e6, 5e5]],
        },
    }
    page = tmp_path / "performance.rst"
    page.write_text(f"before\n{report.BEGIN}stale\n{report.END}after\n")
    report.write_docs(tmp_path, results)
    text = page.read_text()
    assert text.startswith("before\n") and text.endswith("after\n")
    assert "stale" not in text
    flat = " ".join(text.split())
    for line in (
        "Missing: far: no.",
        "Missing: full: needs root.",
        "boxed, full 300 us 400 us 400 us 400 us 2333.33 ",
        "9 live ones, full tier, take 1.50 MiB of",
        "ints 2 ms 1 ms 0.50",
        "caller whole call 0.00 1.00",
        "worker fork 2.00 0.50",
        "warm call, ten in a row 0.8 of the pool 2333.33 2333.33 3000.00"
        " missed",
        "9 live sandboxes last starts in 3 ms 0.0 GiB",
        "reading results 0.8 of the speed - 0.50 - missed",
    ):
        assert line in flat, text
    drawn = ElementTree.parse(tmp_path / "performance.svg").getroot()
    names = [one.text for one in drawn.iter() if one.tag.endswith("text")]
    assert {"boxed, full", "pool"} <= set(names)


def test_some_rows_are_put_beside_the_others(tmp_path):
    """Their tables and verdicts are new, all others are as they were."""
    pool = sampling.summary([[100, 200]], [[100, 200]])
    ours = sampling.summary([[300, 400]], [[100, 200]])
    page = tmp_path / "performance.rst"

    def written(write, *keys, **contenders):
        measured = {
            row.key: {**canned(**contenders), "title": row.title}
            for row in rows.ROWS
            if row.key in keys
        }
        machine = {
            **dict.fromkeys(("cores", "memory_gib", "load"), 2),
            **dict.fromkeys(("architecture", "kernel", "python"), "x"),
            "packages": {},
        }
        write(tmp_path, {"machine": machine, "rows": measured})
        return page.read_text()

    page.write_text(f"before\n{report.BEGIN}{report.END}after\n")
    names = {"boxed, full": pool, "pool": pool}
    first = written(report.write_docs, "warm", "saturated", **names)
    names["boxed, full"] = ours
    second = written(merge.write_docs, "saturated", "paused", **names)
    assert second == written(merge.write_docs, "saturated", "paused", **names)
    assert second.startswith("before\n") and second.endswith("after\n")
    old, new = merge.sections(first), merge.sections(second)
    titles = {row.key: row.title for row in rows.ROWS}
    keys = ("warm", "paused", "saturated")
    assert [*new] == ["", *(titles[key] for key in keys), verdicts.TITLE]
    assert new[titles["warm"]] == old[titles["warm"]]
    for key in ("paused", "saturated"):
        assert "Of a run of its own, with load 2." in new[titles[key]]
    flat = " ".join(new[verdicts.TITLE].split())
    for line in (
        "warm call, ten in a row 0.8 of the pool 1.00 1.00 1.00 missed",
        "warm call, after a pause 0.8 of the pool 2.33 2.33 3.00 missed",
        "saturated 1.25 of fork + exit 2.33 2.33 3.00 missed",
        "with numpy 2 of plain - - - not measured",
    ):
        assert line in flat, flat
