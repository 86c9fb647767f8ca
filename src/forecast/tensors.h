/* tensors.h - networks' weights in a safetensors file; private to the forecast floor.
 *
 * A file holds one or more members, each with its network: member 0's tensors have the plain names ("0.weight_ih_l0"), those of member m >
 * 0 the prefix "member.m.", those of a head of quantiles "quantile.".
 */
#ifndef LSTMFC_TENSORS_H
#define LSTMFC_TENSORS_H

#include <stdint.h>

#include "lstmfc/network.h"
#include "safetensors.h"

#define TENSORS_QUANTILE SIZE_MAX /* number of the head of quantiles */

enum { TENSORS_NAME = 96 };

typedef struct TensorsMember {
    const Network *network; /* borrowed */
    size_t number;          /* m */
    real *weights;          /* the network's flat vector; written from, or filled; NULL where only names and shapes are checked */
    /* reading a file made by anyone: the second bias of lstm and rnn may be absent, and a member m > 0 takes the plain names where the file
     * has no others */
    bool foreign;
} TensorsMember;

/* A tensor's name in the file: "0.weight_ih_l0", of member 2 "member.2.0.weight_ih_l0". */
const char *tensors_name(const Tensor *tensor, size_t member, char name[TENSORS_NAME]);

/* A whole file of ours, by file_write: `metadata` (taken over; its "checksum" is 64 zeros, which are replaced), then the members in order,
 * float32. NULL metadata: ERROR_MEMORY. ERROR_INTERNAL where a weight is not finite, ERROR_FILE. */
bool tensors_write(const char *path, cJSON *metadata, const TensorsMember *members, size_t n_members, Error *error);

/* Names and shapes: every tensor of the member is in the file and becomes marked as used. ERROR_MODEL. */
bool tensors_match(Safetensors *file, const TensorsMember *member, Error *error);

/* After all members matched: nothing in the file belongs to none (of an ensemble of ours that starts another network, other members'
 * tensors may stand). ERROR_MODEL. */
bool tensors_all_used(const Safetensors *file, const TensorsMember *member, Error *error);

/* Fills a matched member's weights. ERROR_MODEL where a number is not finite, ERROR_MEMORY. */
bool tensors_fill(Safetensors *file, const TensorsMember *member, Error *error);

/* Refusals with ERROR_MODEL; the name is escaped. */
bool tensors_refuse(Error *error, const char *what);
bool tensors_refuse_name(Error *error, const char *before, const char *name, const char *after);

#endif
