"""Settings of a site others reach: TLS only, nothing left to chance."""

from config.settings.base import *  # noqa: F403
from config.settings.base import DEBUG, SECURE_COOKIES

if DEBUG or not SECURE_COOKIES:
    raise RuntimeError("Production needs DEBUG off and PUBLIC_URL starting with https://")

SECURE_HSTS_SECONDS = 31_536_000
SECURE_HSTS_INCLUDE_SUBDOMAINS = True
SECURE_SSL_REDIRECT = False  # the proxy in front redirects; behind it every request is plain
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
