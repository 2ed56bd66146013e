/*
 * One line of text for a frame, in the manner of tcpdump -n: for consoles, tests and logs. Any
 * bytes give some line; what is cut or malformed is said in brackets.
 */
#ifndef WIRE_PRINT_H
#define WIRE_PRINT_H

#include <stddef.h>
#include <stdint.h>

/*
 * Prints the Ethernet frame. Like snprintf: always NUL-terminated when n > 0, cut if it must be;
 * returns the characters written without the NUL, which is less than n.
 */
size_t wire_print(char *buf, size_t n, const uint8_t *frame, size_t len);

/* The same for a bare IP packet of either version. */
size_t wire_print_ip(char *buf, size_t n, const uint8_t *packet, size_t len);

#endif
