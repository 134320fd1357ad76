"""The routes of tests/chaos/apps/chaos_app.cpp for a WSGI server; see chaos_peers.sh."""
import os
import signal


def pattern(size):
    lines = size // 8 + 1
    return "".join(str(line).rjust(7, ".") + "\n" for line in range(lines))[:size].encode()


def app(environ, start_response):
    _, route, *arguments = environ["PATH_INFO"].split("/")
    fields = [("Content-Type", "text/plain")]
    if route == "stream":  # Without a Content-Length: the server sends it in chunks.
        count, size = map(int, arguments)
        text = pattern(count * size)
        start_response("200 OK", fields)
        return (text[at:at + size] for at in range(0, len(text), size))
    if route == "echo":
        body = f"echo {arguments[0]}\n".encode()
    elif route == "body":
        body = pattern(int(arguments[0]))
    elif route == "crash":
        os.kill(os.getpid(), signal.SIGSEGV)
        signal.pause()
    else:  # mirror, received
        body = environ["wsgi.input"].read(int(environ["CONTENT_LENGTH"]))
    start_response("200 OK", fields + [("Content-Length", str(len(body)))])
    return [body]
