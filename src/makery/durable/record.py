"""What can be done with a run's durable record from outside of the run."""

from typing import Protocol

from makery.kernel.errors import SettingsError


class Record(Protocol):
    """The record of all runs on a database, for a process that does not work on them."""

    def enqueue(self, run: str, tenant: str, *, again: bool = False) -> None:
        """Have a worker conduct the run; with `again`, go on with it although it has stopped.

        Raises:
            StorageFailure: the database cannot be used, or another version is in the middle of the run.
            SettingsError: the engine that is set has no workers.
        """
        ...

    def stop(self, run: str) -> bool:
        """Ask whoever works on the run to stop; what is finished stays. False if nobody had begun yet.

        Raises:
            StorageFailure: the database cannot be used.
        """
        ...

    def send(self, run: str, act: str, text: str) -> bool:
        """Send something to an act; it is kept until the act receives it. False if the act is not known.

        Raises:
            StorageFailure: the database cannot be used.
        """
        ...

    def calls(self, run: str) -> list[str]:
        """The run's finished model calls as JSON texts with `call`, `completion` and `told`, oldest first.

        Raises:
            StorageFailure: the database cannot be used.
        """
        ...

    def forget(self, run: str) -> None:
        """Remove all that is kept of the run.

        Raises:
            StorageFailure: the database cannot be used.
        """
        ...


class NoRecord:
    """The record of the inline engine, which has none: answers reach a run through its ledger."""

    def enqueue(self, run: str, tenant: str, *, again: bool = False) -> None:
        """Refused."""
        raise SettingsError("The inline engine has no workers.", remedy="Set engine = 'dbos'.")

    def stop(self, run: str) -> bool:
        """Nothing: only the process that works on the run can stop it."""
        return True

    def send(self, run: str, act: str, text: str) -> bool:
        """True: the ledger holds the answer."""
        return True

    def calls(self, run: str) -> list[str]:
        """None are kept."""
        return []

    def forget(self, run: str) -> None:
        """Nothing is kept."""
