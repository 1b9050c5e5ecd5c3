"""What a web page can have a browser send to a port, or would if it could have its way. Knows bytes; sends nothing itself."""

LINES = b'ali\nsalam\n{"type":"register","user_id":"ali"}\n{"type":"chat","text":"salam"}\n/who\nali\nsalam\n'
FORM = (
    b"--X\r\nContent-Disposition: form-data; name=a\r\n\r\n" + LINES + b"\r\n--X\r\n"
    b'{"type":"register","v":1,"user_id":"ali"}\r\n{"type":"chat","text":"salam"}\r\n--X--\r\n'
)


def request(line: bytes, *fields: bytes, body: bytes = LINES) -> bytes:
    """As a browser writes it."""
    host = b"Host: chat.example.org:5050"
    return b"\r\n".join([line, host, *fields, b"Content-Length: %d" % len(body), b"", body])


PLAIN = b"Content-Type: text/plain"
REQUESTS = {
    "a form as text": request(b"POST / HTTP/1.1", PLAIN, b"Origin: https://evil.example"),
    "a form in parts": request(b"POST / HTTP/1.1", b"Content-Type: multipart/form-data; boundary=X", body=FORM),
    "a form whose body begins at once": request(b"POST / HTTP/1.1", PLAIN, body=b"\nali\nsalam\n"),
    "a script that asks first": request(b"OPTIONS / HTTP/1.1", b"Access-Control-Request-Method: SAY", body=b""),
    "a picture": b"GET /ali%0Asalam%0A HTTP/1.1\r\nHost: x\r\nAccept: image/*\r\n\r\n",
    "a picture of an old browser": b"GET /\nali\nsalam\n HTTP/1.0\r\nHost: x\r\n\r\n",
    "a browser from before versions": b"GET /\r\nali\r\nsalam\r\n",
    "WebSocket": request(
        b"GET /chat HTTP/1.1",
        b"Upgrade: websocket",
        b"Connection: Upgrade",
        b"Sec-WebSocket-Key: x",
        body=b"\x81\x06salam\n",
    ),
    "a name that leads here": request(b"POST / HTTP/1.1", PLAIN).replace(b"chat.example.org:5050", b"evil.example"),
    "through a proxy": request(b"POST http://chat.example.org:5050/ HTTP/1.1", PLAIN),
    "a tunnel": request(b"CONNECT chat.example.org:5050 HTTP/1.1", PLAIN),
    "HTTP/2": b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\x12\4\0\0\0\0\0" + LINES,
    "HTTP/1.0": request(b"POST / HTTP/1.0", PLAIN),
    "small letters": request(b"post / HTTP/1.1", PLAIN),
    "small letters everywhere": request(b"post / http/1.1", PLAIN),
    "a method of its own": request(b"SAY / HTTP/1.1", PLAIN),
    "a method that is a name": request(b"ali / HTTP/1.1", PLAIN),
    "a method of other protocols": request(b"NICK / HTTP/1.1", PLAIN),
    "a method of ssh": request(b"SSH-2.0-x / HTTP/1.1", PLAIN),
    "a method of proxies": request(b"PROXY / HTTP/1.1", PLAIN),
    "an odd method": request(b"!#$%&'*+-.^_`|~ / HTTP/1.1", PLAIN),
    "a long address": request(b"POST /" + b"a" * 6000 + b" HTTP/1.1", PLAIN),
    "a longer address": request(b"POST /" + b"a" * 70_000 + b" HTTP/1.1", PLAIN),
    "a long method": request(b"M" * 6000 + b" / HTTP/1.1", PLAIN),
    "mail": request(
        b"POST / HTTP/1.1", PLAIN, body=b"HELO x\r\n.\r\nali\r\nsalam\r\n.\r\nali\rsalam\r\r\nali\nsalam\n"
    ),
    "a call": b"\0\x01\0\x58\x21\x12\xa4\x42ABCDEFGHIJKL\0\x06\0\x0a\nali\nsalam\n" + LINES,
    "a call over TCP": b"\0\x6c\0\x01\0\x58\x21\x12\xa4\x42ABCDEFGHIJKL\0\x06\0\x0a\nali\nsalam\n" + LINES,
    "a relay for calls": b"\0\x03\0\x08\x21\x12\xa4\x42ABCDEFGHIJKL\0\x19\0\x04\x11\0\0\0" + LINES,
    "TLS with a ticket": b"\x16\x03\x01\x02\0\x01\0\x01\xfc\x03\x03 a ticket of some web site\n" + LINES,
}
"""What browsers send, or would if a page could have its way."""
