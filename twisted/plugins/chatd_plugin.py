"""Tells twistd that there is a chatd. The server itself is imported only when it is asked for."""

from twisted.application.service import ServiceMaker

chatd = ServiceMaker("chatd", "chatd.tap", "A chat server anybody can join with nc or telnet.", "chatd")
