"""Which addresses of the internet are everybody's, and which lead into somebody's own machines."""

import ipaddress

_NAT64 = ipaddress.ip_network("64:ff9b::/96")


def is_public(address: str) -> bool:
    """Whether an IP address is neither of this machine nor of a private network."""
    ip = ipaddress.ip_address(address)
    if isinstance(ip, ipaddress.IPv6Address):
        # Addresses that only wrap an IPv4 one lead where that one leads.
        inner = ip.ipv4_mapped or ip.sixtofour or (ip.teredo and ip.teredo[1])
        if inner or ip in _NAT64:
            return bool(inner) and inner.is_global
    return ip.is_global
