"""A backend of joblib whose tasks run in sandboxes.

>>> from joblib import Parallel, delayed, parallel_config
>>> from boxed.integrations.joblib import register
>>> register()
>>> with parallel_config(backend="boxed", timeout=5):
...     Parallel()(delayed(abs)(number) for number in (-1, -2))
[1, 2]
"""

from __future__ import annotations

import os

from joblib import register_parallel_backend
from joblib._parallel_backends import ParallelBackendBase, SequentialBackend

from .._executor import SandboxExecutor

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from concurrent.futures import Future
    from typing import Any

#: What every batch of tasks needs inside: imported once, for all of them.
_IMPORTS = ("joblib.parallel",)


def register(name: str = "boxed") -> None:
    """Make the backend known to joblib.

    :param name: what ``parallel_config(backend=...)`` calls it.
    """
    register_parallel_backend(name, BoxedBackend)


class BoxedBackend(ParallelBackendBase):  # type: ignore[misc]
    """Runs each batch of tasks in a fresh sandboxed process.

    A batch that dies raises ``WorkerDied`` or ``LimitExceeded`` from
    ``Parallel``; ``batch_size=1`` keeps tasks apart from each other.

    :param options: those of :class:`boxed.Sandbox`.
    """

    supports_retrieve_callback = True
    # It does not; but where a backend says so, joblib runs the tasks in
    # threads of the caller.  configure() refuses them.
    supports_sharedmem = True
    default_n_jobs = -1

    def __init__(
        self,
        nesting_level: int | None = None,
        inner_max_num_threads: int | None = None,
        **options: Any,
    ) -> None:
        super().__init__(
            nesting_level=nesting_level,
            inner_max_num_threads=inner_max_num_threads,
        )
        imports = (*options.pop("imports", ()), *_IMPORTS)
        self._options = {**options, "imports": imports}
        self._executor: SandboxExecutor | None = None
        self._under_way: set[Future[Any]] = set()
        self._most = 1

    def effective_n_jobs(self, n_jobs: int | None) -> int:
        """Never 1: joblib then asks no backend, and runs the tasks here."""
        return max(self._count(n_jobs), 2)

    def _count(self, n_jobs: int | None) -> int:
        if n_jobs == 0:
            raise ValueError("n_jobs == 0 in Parallel has no meaning")
        if n_jobs is None:
            return 1
        if n_jobs < 0:
            return max(len(os.sched_getaffinity(0)) + 1 + n_jobs, 1)
        return n_jobs

    def configure(
        self,
        n_jobs: int = 1,
        parallel: Any = None,
        prefer: str | None = None,
        require: str | None = None,
        **arguments: Any,
    ) -> int:
        """Start; what joblib plans with, while as many batches run at once
        as were asked for."""
        if require == "sharedmem":
            raise ValueError("require='sharedmem': sandboxes share no memory")
        self.parallel = parallel
        self._most = self._count(n_jobs)
        self._executor = SandboxExecutor(self._most, **self._options)
        return self.effective_n_jobs(n_jobs)

    def submit(
        self, func: Callable[[], Any], callback: Any = None
    ) -> Future[Any]:
        """Have a batch run; joblib is told when it has."""
        assert self._executor is not None
        future = self._executor.submit(func)
        self._under_way.add(future)
        future.add_done_callback(self._under_way.discard)
        if callback is not None:
            future.add_done_callback(callback)
        return future

    #: As joblib before 1.5 calls it.
    apply_async = submit

    def retrieve_result_callback(self, out: Future[Any]) -> Any:
        """The batch's results, or what it raised."""
        return out.result()

    def terminate(self) -> None:
        """Nothing more is wanted."""
        if self._executor is not None:
            self._cancel()
            self._executor.shutdown()
            self._executor = None

    def abort_everything(self, ensure_ready: bool = True) -> None:
        """End what runs, guests included."""
        self.terminate()
        if ensure_ready:
            self._executor = SandboxExecutor(self._most, **self._options)

    def _cancel(self) -> None:
        for future in list(self._under_way):
            future.cancel()

    def get_nested_backend(self) -> tuple[Any, int | None]:
        """Inside, tasks of tasks run one after another."""
        level = (self.nesting_level or 0) + 1
        return SequentialBackend(nesting_level=level), 1
