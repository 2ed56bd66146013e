/*
 * What the peer's workloads share: links, stacks, addresses and routes, each made the cheapest way ns-3 knows.
 *
 * Point-to-point devices (no ARP, a 2-byte header) with plain drop-tail queues and no queue disc, static routes, IPv4
 * checksums off. Every /30 has the upper node at .1 and the lower one at .2; with ipv6 also the like of it in fd00::/96.
 */
#ifndef PEER_H
#define PEER_H

#include "ns3/core-module.h"
#include "ns3/internet-module.h"
#include "ns3/network-module.h"
#include "ns3/point-to-point-module.h"

#include <cstdint>
#include <cstdio>
#include <string>

ns3::PointToPointHelper MakeLink(uint64_t rate, const std::string& delay, const std::string& queue);
void InstallStacks(ns3::NodeContainer nodes, bool ipv6);
void AddRoute(ns3::Ptr<ns3::Node> node, uint32_t network, int prefix, uint32_t via, uint32_t interface);

/* Gives the device its address in both families; returns the IPv4 interface index. */
uint32_t AddAddress(ns3::Ptr<ns3::NetDevice> device, uint32_t network, uint32_t host, bool ipv6);

/* Joins upper (first address of the /30) and lower (second); lower gets a default route, upper one to what lies below. */
void Join(ns3::PointToPointHelper& link, ns3::Ptr<ns3::Node> upper, ns3::Ptr<ns3::Node> lower, uint32_t segment,
          uint32_t below, int belowPrefix, bool ipv6);

/* TCP as the scenarios' hosts speak it; buffer: bytes of each socket's two. */
void SetTcp(uint32_t buffer);

/* The workloads: each builds, runs, prints its line of key=value and returns main()'s status. */
int RunUdp(uint32_t routers, uint32_t packets, uint32_t size, const std::string& pcap);
int RunIdle(uint32_t hosts, bool ipv6);
int RunBulk(uint64_t rate, uint64_t access, uint64_t bytes, const std::string& pcap);
int RunDumbbell(uint32_t flows, double seconds);
int RunMany(uint32_t hosts, uint32_t request, uint32_t answer);

/*
 * Counts packet-hops from here on, if it was asked for (--count): a packet wholly received by a device is one. What
 * has no known product of packets and links is counted in a run of its own, which the timed runs repeat event for event.
 */
extern bool g_count;
void CountHops();
uint64_t Hops();

#endif
