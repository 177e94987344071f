"""Fetching a manifest from the address that a file names.

The address is a stranger's word, and this program may run inside of a network that the stranger
cannot reach. So only ``https:`` is fetched; a host is looked up once, and what is connected to is
the very address that was found fit: one of the public internet, unless the user named the host. The
same is asked of every address that a server sends on to. Time and size have their limits, and
nothing is sent but the request itself.

Only here is the network used; nothing imports this before somebody asks for it.
"""

from __future__ import annotations

import socket
import ssl
from collections.abc import Collection
from contextlib import suppress
from http.client import HTTPException, HTTPSConnection
from ipaddress import IPv6Address, IPv6Network, ip_address
from threading import Event, Timer
from typing import Final
from urllib.parse import SplitResult, urljoin, urlsplit

from mediaoptout.credentials import jumbf
from mediaoptout.errors import MediaError

MAX_SIZE: Final = 16 << 20
"""The largest manifest that is taken."""

STILL: Final = 10.0
"""How many seconds a server may be silent."""

WHOLE: Final = 30.0
"""How many seconds it may take in all."""

SENT_ON: Final = 3
"""How often a server may send on to another address."""

TRIED: Final = 3
"""How many places of one host are tried."""

_HEADERS: Final = {
    "Accept": "application/c2pa, application/octet-stream;q=0.5",
    "Connection": "close",
    "User-Agent": "mediaoptout",
}
_UNICAST: Final = IPv6Network("2000::/3")
_ELSEWHERE: Final = frozenset({301, 302, 303, 307, 308})


def fetch(address: str, hosts: Collection[str]) -> bytes:
    """The manifest store at an address.

    Args:
        address: where it is said to be.
        hosts: the only hosts that are asked, wherever they are; if there are none, any of the
            public internet is.

    Raises:
        MediaError: it cannot be had from there; the message says why.
    """
    for _ in range(SENT_ON + 1):
        try:
            found = _answer(_parted(address, hosts), inside=bool(hosts))
        except ssl.SSLCertVerificationError as error:
            raise _refused(
                f"the server does not prove who it is: {error.verify_message}"
            ) from error
        except TimeoutError as error:
            raise _refused("the server takes too long") from error
        except (OSError, HTTPException) as error:
            why = getattr(error, "strerror", None) or str(error) or type(error).__name__
            raise _refused(f"the server cannot be asked: {why}") from error
        if isinstance(found, bytes):
            return found
        address = urljoin(address, found)
    raise _refused(f"the server sends on more than {SENT_ON} times")


def _refused(why: str) -> MediaError:
    return MediaError(why, code="not-fetched")


def _parted(address: str, hosts: Collection[str]) -> SplitResult:
    """An address in its parts, if it is one that may be asked."""
    try:
        parts = urlsplit(address)
        host, _ = parts.hostname, parts.port
    except ValueError as error:
        raise _refused(f"{address} is no address") from error
    if parts.scheme != "https":
        raise _refused(f"{address} does not begin with https:, and nothing else is fetched")
    if not host or not address.isascii() or not address.isprintable() or " " in address:
        raise _refused(f"{address} is no address")
    if hosts and host not in {name.lower() for name in hosts}:
        raise _refused(f"{host} is not among the hosts of --fetch-from")
    return parts


def _answer(parts: SplitResult, *, inside: bool) -> bytes | str:
    """What a server answers: a manifest store, or the address that it sends on to."""
    host, port = str(parts.hostname), parts.port or 443
    with _connected(_places(host, port, inside=inside), port) as plain:
        context = ssl.create_default_context()
        stream = context.wrap_socket(plain, server_hostname=host, do_handshake_on_connect=False)
        late = Event()

        def hang_up() -> None:
            late.set()
            with suppress(OSError):
                socket.socket.shutdown(stream, socket.SHUT_RDWR)  # whatever it is waiting for

        timer = Timer(WHOLE, hang_up)
        timer.start()
        try:
            stream.do_handshake()
            return _taken(host, port, stream, parts)
        except Exception as error:
            if late.is_set():
                raise TimeoutError from error
            raise
        finally:
            timer.cancel()
            timer.join()
            stream.close()


def _taken(host: str, port: int, stream: ssl.SSLSocket, parts: SplitResult) -> bytes | str:
    connection = HTTPSConnection(host, port)
    connection.sock = stream
    path = parts.path or "/"
    connection.request("GET", f"{path}?{parts.query}" if parts.query else path, headers=_HEADERS)
    answer = connection.getresponse()
    with answer:
        elsewhere = answer.getheader("Location")
        if answer.status in _ELSEWHERE and elsewhere:
            return elsewhere
        if answer.status != 200:
            raise _refused(f"the server answers {answer.status} {answer.reason}".rstrip())
        data = answer.read(MAX_SIZE + 1)
        if len(data) > MAX_SIZE:
            raise _refused(f"what is there has more than {MAX_SIZE >> 20} MiB")
        if answer.length or not jumbf.is_store(data):
            raise _refused("what is there is no manifest, or only a part of one")
        return data


def _connected(places: list[str], port: int) -> socket.socket:
    """A connection to the first of some places that answers."""
    for place in places[:-1]:
        with suppress(OSError):
            return socket.create_connection((place, port), STILL)
    return socket.create_connection((places[-1], port), STILL)


def _places(host: str, port: int, *, inside: bool) -> list[str]:
    """Where a host is; looked up once, so that it cannot be elsewhere when it is connected to.

    Args:
        host: its name.
        port: where it listens.
        inside: whether it may be anywhere, and not only in the public internet.
    """
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise _refused(f"there is no host {host}") from error
    places = list(dict.fromkeys(str(entry[4][0]) for entry in found))
    fit = [place for place in places if inside or _is_public(place)][:TRIED]
    if not fit:
        raise _refused(
            f"{host} is at {places[0]}, which is not in the public internet; --fetch-from {host}"
            " would allow it"
        )
    return fit


def _is_public(place: str) -> bool:
    """Whether a place is in the public internet, and stands for no other place."""
    found = ip_address(place)
    if isinstance(found, IPv6Address):
        stands_for_another = found.sixtofour or found.teredo
        return found in _UNICAST and found.is_global and not stands_for_another
    return found.is_global and not found.is_multicast
