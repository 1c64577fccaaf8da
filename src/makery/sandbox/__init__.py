"""The only door to executing generated code: bubblewrap, docker, or, if the user says so, no box at all."""
