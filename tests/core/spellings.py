"""Hostile spellings of addresses; PORT stands for the port of a server on this machine that nobody may reach."""

# The text alone is refused: not a vendor's host, or not https on 443.
REFUSED = (
    # this machine, plainly
    "https://127.0.0.1:PORT/", "http://127.0.0.1:PORT/", "127.0.0.1:PORT", "https://localhost:PORT/",
    "http://LOCALHOST:PORT", "https://localhost.:PORT/", "https://localhost.localdomain:PORT/", "https://[::1]:PORT/",
    "http://ip6-localhost:PORT/", "https://127.1.2.3:PORT/",
    # numbers that inet_aton reads: decimal, octal, hexadecimal, mixed, short
    "https://2130706433:PORT/", "https://017700000001:PORT/", "https://0x7f000001:PORT/", "https://0177.0.0.1:PORT/",
    "https://0x7f.0.0.1:PORT/", "https://0x7f.1:PORT/", "https://127.1:PORT/", "https://127.0.1:PORT/",
    "https://0177.0x0.0.1:PORT/", "https://00000177.0.0.1:PORT/", "https://0:PORT/", "https://0.0.0.0:PORT/",
    "https://127.0.0.1.:PORT/", "https://6425673729:PORT/",
    # IPv6 in all its dresses
    "https://[::]:PORT/", "https://[0:0:0:0:0:0:0:1]:PORT/", "https://[::ffff:127.0.0.1]:PORT/",
    "https://[::ffff:7f00:1]:PORT/", "https://[::127.0.0.1]:PORT/", "https://[64:ff9b::7f00:1]:PORT/",
    "https://[2002:7f00:1::]:PORT/", "https://[::1%25lo]:PORT/", "https://[::1%lo]:PORT/", "https://[fe80::1%25eth0]/",
    "https://[::1.freshdesk.com]:PORT/", "https://[v1.127.0.0.1]:PORT/", "https://::1:PORT/",
    # the vendor's name where it does not count
    "https://acme.freshdesk.com@127.0.0.1:PORT/", "https://acme.freshdesk.com:443@127.0.0.1:PORT/",
    "https://acme.freshdesk.com%40127.0.0.1:PORT/", "https://127.0.0.1:PORT#.freshdesk.com",
    "https://127.0.0.1:PORT?.freshdesk.com", "https://127.0.0.1:PORT/.freshdesk.com",
    "https://127.0.0.1:PORT\\.freshdesk.com", "https://127.0.0.1:PORT\\@acme.freshdesk.com/",
    "https://acme.freshdesk.com\\@127.0.0.1:PORT/", "https://a@127.0.0.1:PORT@acme.freshdesk.com/",
    "https://@acme.freshdesk.com/", "https://:@acme.freshdesk.com/", "https://acme.freshdesk.com.127.0.0.1.nip.io:PORT/",
    "https://127.0.0.1.nip.io:PORT/", "https://localtest.me:PORT/", "https://acme.freshdesk.com:PORT/",
    "https://acme.freshdesk.com:0/", "http://acme.freshdesk.com/", "https://acme.freshdesk.com..:PORT/",
    "https://acmefreshdesk.com/", "https://freshdesk.com/", "https://acme.freshdesk.com.evil.example/",
    # white space, line breaks, percent signs, null bytes
    "https://127.0.0.1:PORT\t.freshdesk.com/", "https://127.0.0.1\r\n:PORT/", "https://acme.freshdesk.com\r\nHost: 127.0.0.1",
    "https://acme.freshdesk.com\x00.127.0.0.1:PORT/", "https://127.0.0.1%00.freshdesk.com/", "https:// 127.0.0.1:PORT/",
    "https://%31%32%37.0.0.1:PORT/", "https://%6c%6f%63alhost:PORT/", "https://127%2e0%2e0%2e1:PORT/",
    "https://127.0.0.1%3APORT.freshdesk.com/", "https://127.0.0.1:PORT%2f.freshdesk.com/",
    # what Unicode folds to digits, letters and dots
    "https://１２７.0.0.1:PORT/", "https://①②⑦.⓪.⓪.①:PORT/", "https://127。0。0。1:PORT/", "https://127．0．0．1:PORT/",
    "https://ｌｏｃａｌｈｏｓｔ:PORT/", "https://ⓛⓞⓒⓐⓛⓗⓞⓢⓣ:PORT/", "https://127.0.0.1:PORT／.freshdesk.com",
    "https://127.0.0.1:PORT？.freshdesk.com", "https://127.0.0.1:PORT＃.freshdesk.com", "https://acme.freshdesk.com＠127.0.0.1:PORT/",
    "https://acme.freshdesk.cоm/", "https://lo\u00adcalhost:PORT/", "https://acme\u2024freshdesk\u2024com.evil.example/",
    "https://acme.freshdesk.com:４４３/", "https://xn--127-x73b.0.0.1:PORT/",
    # clouds and their machines' credentials
    "http://169.254.169.254/latest/meta-data/", "https://[fd00:ec2::254]/", "http://metadata.google.internal/",
    "https://100.100.100.200/", "https://168.63.129.16/", "https://0xa9fea9fe/",
    # other schemes, no scheme, no host, no end
    "file:///etc/passwd", "gopher://127.0.0.1:PORT/_x", "dict://127.0.0.1:PORT/", "ftp://127.0.0.1:PORT/",
    "unix:///run/valkey.sock", "data:text/plain,x", "https:127.0.0.1:PORT", "https:/127.0.0.1:PORT", "https:///127.0.0.1:PORT",
    "//127.0.0.1:PORT/", "https://", "https://https://127.0.0.1:PORT/", "https://" + "a." * 2000 + "freshdesk.com",
    "https://" + "a" * 64 + ".freshdesk.com/",
    # near to what the operator allowed: helpdesk.internal:8443
    "http://helpdesk.internal:8443@127.0.0.1:PORT/", "http://helpdesk.internal:PORT/", "http://helpdesk.internal/",
    "http://a.helpdesk.internal:8443/", "http://helpdesk.internal.:84430/", "http://helpdesk.internal:8443.127.0.0.1.nip.io/",
    "http://127.0.0.1:PORT/helpdesk.internal:8443", "http://127.0.0.1:PORT?helpdesk.internal:8443",
)  # fmt: skip

# A vendor's host as far as the text tells; the names lead inside, as nip.io's do.
LEADS_INSIDE = {
    "127.0.0.1.nip.freshdesk.com": ["127.0.0.1"],
    "7f000001.rebind.freshdesk.com": ["127.0.0.1"],
    "a.localtest.freshdesk.com": ["127.0.0.1", "8.8.8.8"],
    "b.localtest.freshdesk.com": ["8.8.8.8", "127.0.0.1"],
    "mapped.freshdesk.com": ["::ffff:127.0.0.1"],
    "compatible.freshdesk.com": ["::127.0.0.1"],
    "six.freshdesk.com": ["::1"],
    "zone.freshdesk.com": ["fe80::1%lo"],
    "public-zone.freshdesk.com": ["2606:4700::1111%lo"],
    "nat64.freshdesk.com": ["64:ff9b::7f00:1"],
    "local-nat64.freshdesk.com": ["64:ff9b:1::7f00:1"],
    "sixtofour.freshdesk.com": ["2002:7f00:1::1"],
    "teredo.freshdesk.com": ["2001:0:7f00:1::1"],
    "unique-local.freshdesk.com": ["fc00::1"],
    "site-local.freshdesk.com": ["fec0::1"],
    "multicast.freshdesk.com": ["ff02::1"],
    "metadata.freshdesk.com": ["169.254.169.254"],
    "metadata-six.freshdesk.com": ["fd00:ec2::254"],
    "metadata-ali.freshdesk.com": ["100.100.100.200"],
    "metadata-azure.freshdesk.com": ["168.63.129.16"],
    "carrier.freshdesk.com": ["100.64.0.1"],
    "office.freshdesk.com": ["10.1.2.3"],
    "office-b.freshdesk.com": ["172.16.5.5"],
    "office-c.freshdesk.com": ["192.168.0.10"],
    "here.freshdesk.com": ["0.0.0.0"],
    "reserved.freshdesk.com": ["240.0.0.1"],
    "broadcast.freshdesk.com": ["255.255.255.255"],
    "benchmark.freshdesk.com": ["198.18.0.1"],
    "odd.freshdesk.com": ["0x7f.1"],
    "empty.freshdesk.com": [],
}
