"""Bodies in TOML, which schemathesis does not write by itself."""

import schemathesis
import tomli_w


@schemathesis.serializer("application/toml")
def toml(ctx, value):
    if isinstance(value, (bytes, str)):
        return value
    try:
        return tomli_w.dumps(value).encode("utf-8", "surrogatepass")
    except (AttributeError, TypeError, ValueError):
        # Not every value can be written in TOML: no list at the root, no null.
        return b"= not TOML"
