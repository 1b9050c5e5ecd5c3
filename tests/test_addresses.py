"""IP addresses in one form each."""

from ipaddress import IPv4Address, IPv6Address, ip_address

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatd import addresses

ADDRESSES = st.ip_addresses().map(str)


@pytest.mark.parametrize(
    ("host", "form"),
    [
        ("192.0.2.7", "192.0.2.7"),
        ("::ffff:192.0.2.7", "192.0.2.7"),
        ("::FFFF:c000:207", "192.0.2.7"),
        ("2001:DB8:0:0:0:0:0:1", "2001:db8::1"),
        ("fe80::1%eth0", "fe80::1"),
        ("/run/chatd.sock", "/run/chatd.sock"),
        ("", ""),
    ],
)
def test_an_address_has_one_form(host: str, form: str) -> None:
    """However a connection arrives, its address is compared and shown in the same way; a socket's path stays."""
    assert addresses.plain(host) == form


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("192.0.2.7", "192.0.2.7"),
        (" ::1 ", "::1"),
        ("۱۹۲.۰.۲.۷", "192.0.2.7"),
        ("١٩٢.٠.٢.٧", "192.0.2.7"),
        ("fe80::1%eth0", "fe80::1"),
        ("ali", None),
        ("", None),
        ("192.0.2", None),
        ("192.0.2.256", None),
        ("192.0.2.7:5050", None),
        ("a.b-c", None),
        ("\ud800", None),
    ],
    ids=ascii,
)
def test_what_is_typed_is_an_address_or_not(typed: str, meant: str | None) -> None:
    """Persian digits are digits; whatever is no address is a name to look for."""
    assert addresses.parse(typed) == meant


@pytest.mark.parametrize(
    ("host", "place"),
    [
        ("192.0.2.7", "192.0.2.7/32"),
        ("::ffff:192.0.2.7", "192.0.2.7/32"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("fe80::1:2%eth0", "fe80::1:2/128"),
        ("/run/chatd.sock", "/run/chatd.sock"),
    ],
)
def test_a_limit_counts_places(host: str, place: str) -> None:
    """One IPv6 home is one place, whatever addresses it takes; but on a LAN's link-local prefix everybody is."""
    assert addresses.network(host) == place


@pytest.mark.parametrize("host", ["127.0.0.1", "127.8.9.10", "::1", "::ffff:127.0.0.1"])
def test_the_machine_itself_is_loopback(host: str) -> None:
    """Loopback is exempt from limits in both families, mapped or not."""
    assert addresses.is_loopback(host)


@pytest.mark.parametrize("host", ["192.0.2.7", "::2", "::ffff:192.0.2.7", "128.0.0.1", "localhost", ""])
def test_others_are_not_loopback(host: str) -> None:
    """What is not known to be this machine is not exempt."""
    assert not addresses.is_loopback(host)


@given(ADDRESSES)
def test_a_plain_address_is_plain_for_good(host: str) -> None:
    """Every address has a form that parsing, and making it plain again, keep."""
    form = addresses.plain(host)
    assert addresses.plain(form) == addresses.parse(form) == form
    assert addresses.is_loopback(host) == addresses.is_loopback(form)


@given(st.ip_addresses(v=4))
def test_a_mapped_address_is_the_same_place(address: IPv4Address) -> None:
    """Coming over IPv6 to a dual-stack listener gives nobody a second allowance."""
    mapped = str(IPv6Address(0xFFFF << 32 | int(address)))
    assert addresses.plain(mapped) == str(address)
    assert addresses.network(mapped) == addresses.network(str(address))


@given(st.text() | st.text("0123456789abcdef:.%/۱٢"))
def test_anything_can_be_typed(text: str) -> None:
    """No text makes these functions fail, and what is taken for an address is one in its shortest form."""
    address = addresses.parse(text)
    assert address is None or str(ip_address(address)) == address
    assert addresses.network(addresses.plain(text)) == addresses.network(text)


@pytest.mark.parametrize(
    ("listed", "inside", "outside"),
    [
        (["192.0.2.7"], ["192.0.2.7", "::ffff:192.0.2.7"], ["192.0.2.8", "local", "::1"]),
        (["10.0.0.0/8"], ["10.1.2.3", "::ffff:10.0.0.1"], ["11.0.0.1"]),
        (["::ffff:10.0.0.0/104"], ["10.1.2.3"], ["11.0.0.1", "::10.1.2.3"]),
        (["2001:db8::/32", "::1"], ["2001:db8::7", "::1", "2001:db8::7%eth0"], ["2001:db9::1", "127.0.0.1"]),
        (["unix"], ["local", ""], ["127.0.0.1", "::1"]),
        ([], [], ["127.0.0.1", "local"]),
    ],
)
def test_whoever_is_listed_is_found_in_any_form(listed: list[str], inside: list[str], outside: list[str]) -> None:
    """And nobody else is."""
    networks = addresses.Networks(listed)
    assert all(host in networks for host in inside)
    assert not any(host in networks for host in outside)
    assert (bool(networks), list(networks)) == (bool(listed), listed)
