"""Signs what Schemathesis sends to the vendor-shaped face, and shows a bearer token to /api/v1.

The access key is in ANTEROOM_AK and ANTEROOM_SK, the token in ANTEROOM_TOKEN.
"""

import hashlib
import hmac
import os
from datetime import datetime, timezone
from urllib.parse import parse_qsl, quote, urlsplit

import schemathesis
from requests.auth import AuthBase

SIGNED = ["host"]


def encoded(text):
    """Percent-encodes every byte but the unreserved ones."""
    return quote(text, safe="-._~")


def keyed(key, message):
    return hmac.new(key, message, hashlib.sha256).hexdigest().encode()


def authorization(method, url, body):
    """The header `auth-v2` over the host, as docs/faces.md describes it."""
    parts = urlsplit(url)
    time = datetime.now(timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")
    prefix = "/".join(["auth-v2", os.environ["ANTEROOM_AK"], time, ";".join(SIGNED)])
    query = [
        f"{encoded(name.encode('latin-1'))}={encoded(value.encode('latin-1'))}"
        for name, value in parse_qsl(parts.query, keep_blank_values=True, encoding="latin-1")
    ]
    lines = [method, parts.path or "/"]
    lines += ["&".join(sorted(query))] if query else []
    lines += [";".join(SIGNED), f"host:{encoded(parts.netloc)}", encoded(body)]
    key = keyed(os.environ["ANTEROOM_SK"].encode(), prefix.encode())
    return prefix + "/" + keyed(key, "\n".join(lines).encode()).decode()


class Signature(AuthBase):
    def __call__(self, request):
        if urlsplit(request.url).path.startswith("/api/"):
            request.headers["Authorization"] = "Bearer " + os.environ["ANTEROOM_TOKEN"]
            return request
        body = request.body or b""
        body = body.encode() if isinstance(body, str) else body
        request.headers["Authorization"] = authorization(request.method, request.url, body)
        return request


schemathesis.auth.set_from_requests(Signature())
