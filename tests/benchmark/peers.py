"""The other servers: how those that are not chatd are told to do their best.

Knows the configuration files of InspIRCd 3 and ngIRCd 26. Must not know how a server is started, or what is said to it.

All that holds a client back is off or as high as it goes: throttles, limits of queues and of connections, look-ups of names.
"""

INSPIRCD = """\
<server name="irc.example.org" description="benchmark" network="Benchmark" id="001">
<admin name="nobody" nick="nobody" email="nobody@example.org">
<bind address="127.0.0.1" port="{port}" type="clients">
<connect name="all" allow="*" timeout="600" pingfreq="600" hardsendq="100M" softsendq="100M" recvq="1M" threshold="1000000"
 commandrate="1000000000" fakelag="no" localmax="100000" globalmax="100000" maxconnwarn="no" limit="100000" maxchans="1000"
 resolvehostnames="no" useident="no">
<performance netbuffersize="65534" somaxconn="4096" softlimit="100000" quietbursts="yes">
<options defaultmodes="n">
<log method="file" type="* -USERINPUT -USEROUTPUT" level="default" target="ircd.log">
<path configdir="." datadir="." logdir="." runtimedir=".">
<pid file="inspircd.pid">
"""

NGIRCD = """\
[Global]
Name = irc.example.org
AdminInfo1 = benchmark
Info = benchmark
Listen = 127.0.0.1
Ports = {port}
MotdPhrase = benchmark
[Limits]
ConnectRetry = 60
IdleTimeout = 0
MaxConnections = 0
MaxConnectionsIP = 0
MaxJoins = 0
MaxNickLength = 16
MaxPenaltyTime = 0
MaxListSize = 0
PingTimeout = 3600
PongTimeout = 3600
[Options]
DNS = no
Ident = no
PAM = no
SyslogFacility = local7
"""
