/*
 * Many hosts that each ask another for something, once: bench/many.yaml.
 *
 * A tree of one core, 10 aggregation routers, 20 edge routers each, and the hosts evenly on these 200. Host h asks
 * host h + half of all. Those of one edge router begin together, and an edge router follows the one before after 50 ms.
 * Every host answers, too, when it has the whole request.
 */
#include "peer.h"

using namespace ns3;

static const uint16_t port = 80;
static const uint32_t aggs = 10, edgesPerAgg = 20, edges = aggs * edgesPerAgg;
static uint32_t g_request, g_answer, g_answered;

static uint32_t
Drain(Ptr<Socket> socket)
{
	uint32_t got = 0;

	for (Ptr<Packet> p; (p = socket->Recv()) && p->GetSize() > 0;) {
		got += p->GetSize();
	}
	return got;
}

/* One end of a connection: sends `mine` bytes at once or when `theirs` are there, and closes when it has all. */
class End : public SimpleRefCount<End>
{
  public:
	End(Ptr<Socket> socket, uint32_t mine, uint32_t theirs, bool asks)
		: m_mine(mine), m_theirs(theirs), m_asks(asks)
	{
		socket->SetRecvCallback(MakeCallback(&End::Receive, Ptr<End>(this)));
	}

	void Send(Ptr<Socket> socket)
	{
		socket->Send(Create<Packet>(m_mine));
	}

  private:
	void Receive(Ptr<Socket> socket)
	{
		uint32_t before = m_got;

		m_got += Drain(socket);
		if (before >= m_theirs || m_got < m_theirs) {
			return;
		}
		if (m_asks) {
			g_answered++;
		} else {
			Send(socket);
		}
		socket->Close();
	}

	uint32_t m_mine, m_theirs, m_got = 0;
	bool m_asks;
};

static void
Accepted(Ptr<Socket> socket, const Address&)
{
	Create<End>(socket, g_answer, g_request, false);
}

static void
Listen(Ptr<Node> node)
{
	Ptr<Socket> socket = Socket::CreateSocket(node, TcpSocketFactory::GetTypeId());

	socket->Bind(InetSocketAddress(Ipv4Address::GetAny(), port));
	socket->Listen();
	socket->SetAcceptCallback(MakeNullCallback<bool, Ptr<Socket>, const Address&>(), MakeCallback(&Accepted));
}

static void
Ask(Ptr<Node> node, Ipv4Address peer)
{
	Ptr<Socket> socket = Socket::CreateSocket(node, TcpSocketFactory::GetTypeId());
	Ptr<End> end = Create<End>(socket, g_request, g_answer, true);

	socket->SetConnectCallback(MakeCallback(&End::Send, end), MakeNullCallback<void, Ptr<Socket>>());
	socket->Connect(InetSocketAddress(peer, port));
}

int
RunMany(uint32_t hosts, uint32_t request, uint32_t answer)
{
	NodeContainer core(1), agg(aggs), edge(edges), host(hosts);
	PointToPointHelper backbone = MakeLink(10000000000ull, "5ms", "1000p"),
	                   trunk = MakeLink(10000000000ull, "1ms", "1000p"),
	                   access = MakeLink(1000000000, "1ms", "1000p");
	uint32_t each = hosts / edges;
	auto network = [&](uint32_t h) {
		uint32_t e = h / each;

		return 0x0a000000 + (e / edgesPerAgg << 16) + (e % edgesPerAgg << 8) + 4 * (h % each);
	};

	/* Edge e serves the /24 10.(e / 20).(e % 20).0, in /30s; trunks are /30s of 172.16.0.0/12. */
	g_request = request;
	g_answer = answer;
	SetTcp(131072);
	InstallStacks(NodeContainer(core, agg, edge, host), false);
	for (uint32_t i = 0; i < aggs; i++) {
		Join(backbone, core.Get(0), agg.Get(i), 0xac100000 + 4 * i, 0x0a000000 + (i << 16), 16, false);
	}
	for (uint32_t e = 0; e < edges; e++) {
		Join(trunk, agg.Get(e / edgesPerAgg), edge.Get(e), 0xac110000 + 4 * e,
		     0x0a000000 + (e / edgesPerAgg << 16) + (e % edgesPerAgg << 8), 24, false);
	}
	for (uint32_t h = 0; h < hosts; h++) {
		Join(access, edge.Get(h / each), host.Get(h), network(h), 0, 0, false);
		Simulator::ScheduleWithContext(host.Get(h)->GetId(), Seconds(0), &Listen, host.Get(h));
		Simulator::ScheduleWithContext(host.Get(h)->GetId(), Seconds(1) + MilliSeconds(50 * (h / each)), &Ask,
		                               host.Get(h), Ipv4Address(network((h + hosts / 2) % hosts) + 2));
	}
	CountHops();
	Simulator::Run();
	printf("workload=many hosts=%u answered=%u hops=%lu virtual_seconds=%.6f\n", hosts, g_answered,
	       (unsigned long)Hops(), Simulator::Now().GetSeconds());
	return g_answered == hosts ? 0 : 1;
}
