"""Numbers for Prometheus, kept in this process."""

from collections.abc import Callable

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

_METHODS = frozenset(["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"])


class Metrics:
    """One server's numbers.

    Args:
        running: how many runs are under way here.
        streams: how many event streams are open.
    """

    def __init__(self, running: Callable[[], int], streams: Callable[[], int]) -> None:
        self.registry = CollectorRegistry()
        self._requests = Counter(
            "makery_http_requests", "Requests answered", ["method", "route", "status"], registry=self.registry
        )
        self._seconds = Histogram(
            "makery_http_seconds", "Seconds until an answer was whole", ["route"], registry=self.registry
        )
        self._orders = Counter("makery_runs_started", "Runs begun or continued", registry=self.registry)
        Gauge("makery_runs_running", "Runs under way here", registry=self.registry).set_function(running)
        Gauge("makery_streams_open", "Open event streams", registry=self.registry).set_function(streams)

    def __call__(self, *, method: str, route: str, status: int, seconds: float) -> None:
        """Count an answered request."""
        known = method if method in _METHODS else "other"
        self._requests.labels(known, route, str(status)).inc()
        self._seconds.labels(route).observe(seconds)

    def run_started(self) -> None:
        """Count a run that began or went on."""
        self._orders.inc()

    def text(self) -> bytes:
        """All numbers in Prometheus's text format."""
        return generate_latest(self.registry)
