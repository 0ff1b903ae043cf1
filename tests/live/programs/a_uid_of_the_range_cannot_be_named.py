"""Run by test_pool."""

from harness import refused

from boxed import SetupError
from boxed._live import registry
from boxed._policy import import_places
from boxed._policy.policy import Policy

places = import_places.Places(())
policy = Policy(
    isolation="uid",
    uid=70005,
    places=places,
    imports=(),
    serializer="json",
    main=None,
)


error = refused(SetupError, registry.shared.box, policy)
assert error.stage == "user", error
