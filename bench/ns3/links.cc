#include "peer.h"

using namespace ns3;

PointToPointHelper
MakeLink(uint64_t rate, const std::string& delay, const std::string& queue)
{
	PointToPointHelper link;

	link.SetDeviceAttribute("DataRate", DataRateValue(DataRate(rate)));
	link.SetChannelAttribute("Delay", StringValue(delay));
	link.SetQueue("ns3::DropTailQueue", "MaxSize", QueueSizeValue(QueueSize(queue)));
	link.DisableFlowControl(); // no FqCoDel above the device
	return link;
}

void
InstallStacks(NodeContainer nodes, bool ipv6)
{
	InternetStackHelper stack;
	Ipv4StaticRoutingHelper static4;
	Ipv6StaticRoutingHelper static6;

	stack.SetRoutingHelper(static4);
	stack.SetRoutingHelper(static6);
	stack.SetIpv6StackInstall(ipv6);
	stack.Install(nodes);
}

void
AddRoute(Ptr<Node> node, uint32_t network, int prefix, uint32_t via, uint32_t interface)
{
	Ipv4StaticRoutingHelper helper;

	helper.GetStaticRouting(node->GetObject<Ipv4>())
		->AddNetworkRouteTo(Ipv4Address(network), Ipv4Mask(prefix ? ~0u << (32 - prefix) : 0), Ipv4Address(via), interface);
}

/* fd00::NETWORK:0/112, the IPv6 twin of the /30 that starts at this IPv4 address */
static Ipv6Address
Twin(uint32_t network, uint32_t host)
{
	uint8_t bytes[16] = {0xfd};

	for (int i = 0; i < 4; i++) {
		bytes[10 + i] = (uint8_t)(network >> (24 - 8 * i));
	}
	bytes[15] = (uint8_t)host;
	return Ipv6Address(bytes);
}

uint32_t
AddAddress(Ptr<NetDevice> device, uint32_t network, uint32_t host, bool ipv6)
{
	Ptr<Ipv4> ip = device->GetNode()->GetObject<Ipv4>();
	uint32_t interface = ip->AddInterface(device);

	ip->AddAddress(interface, Ipv4InterfaceAddress(Ipv4Address(network + host), Ipv4Mask(~3u)));
	ip->SetUp(interface);
	if (ipv6) {
		Ptr<Ipv6> ip6 = device->GetNode()->GetObject<Ipv6>();
		uint32_t interface6 = ip6->AddInterface(device);

		ip6->AddAddress(interface6, Ipv6InterfaceAddress(Twin(network, host), Ipv6Prefix(112)));
		ip6->SetUp(interface6);
	}
	return interface;
}

static void
DefaultRoute6(Ptr<Node> node, uint32_t network, uint32_t host)
{
	Ipv6StaticRoutingHelper helper;

	helper.GetStaticRouting(node->GetObject<Ipv6>())->SetDefaultRoute(Twin(network, host), 1);
}

void
Join(PointToPointHelper& link, Ptr<Node> upper, Ptr<Node> lower, uint32_t segment, uint32_t below, int belowPrefix, bool ipv6)
{
	NetDeviceContainer ends = link.Install(upper, lower);
	uint32_t up = AddAddress(ends.Get(0), segment, 1, ipv6);
	uint32_t down = AddAddress(ends.Get(1), segment, 2, ipv6);

	AddRoute(lower, 0, 0, segment + 1, down);
	if (ipv6) {
		DefaultRoute6(lower, segment, 1);
	}
	if (belowPrefix) {
		AddRoute(upper, below, belowPrefix, segment + 2, up);
	}
}

void
SetTcp(uint32_t buffer)
{
	Config::SetDefault("ns3::TcpL4Protocol::SocketType", TypeIdValue(TypeId::LookupByName("ns3::TcpCubic")));
	Config::SetDefault("ns3::TcpSocket::SegmentSize", UintegerValue(1448));
	Config::SetDefault("ns3::TcpSocket::InitialCwnd", UintegerValue(10));
	Config::SetDefault("ns3::TcpSocket::DelAckCount", UintegerValue(2));
	Config::SetDefault("ns3::TcpSocket::SndBufSize", UintegerValue(buffer));
	Config::SetDefault("ns3::TcpSocket::RcvBufSize", UintegerValue(buffer));
	Config::SetDefault("ns3::TcpSocketBase::Sack", BooleanValue(true));
	Config::SetDefault("ns3::TcpSocketBase::Timestamp", BooleanValue(true));
	Config::SetDefault("ns3::TcpSocketBase::WindowScaling", BooleanValue(true));
}

bool g_count;
static uint64_t g_hops;

static void
CountHop(Ptr<const Packet>)
{
	g_hops++;
}

void
CountHops()
{
	if (g_count) {
		Config::ConnectWithoutContext("/NodeList/*/DeviceList/*/$ns3::PointToPointNetDevice/PhyRxEnd",
		                              MakeCallback(&CountHop));
	}
}

uint64_t
Hops()
{
	return g_hops;
}
