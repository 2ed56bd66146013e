/*
 * One function for each form of a scalar (schema.h): whether a text has that form.
 * Those of addresses stand in address.c, the others in form.c with
 * the table of them all.
 */
#ifndef TOPO_SCHEMA_FORM_H
#define TOPO_SCHEMA_FORM_H

#include "topo/schema/schema.h"

/* Whether `text` has the form; the row gives range and choices. Else one clause
 * stands in `why` (SCHEMA_WHY bytes). */
typedef bool form_reader(const struct schema_row *row, const char *text, char *why);

form_reader form_address, form_ifaddr, form_net4, form_net6, form_mac;

/* Writes "'TEXT' is not EXPECTED" and returns false. */
bool form_refuse(char *why, const char *text, const char *expected);

#endif
