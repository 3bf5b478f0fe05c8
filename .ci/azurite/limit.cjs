// Preloaded into Azurite: a blob is full after 20 blocks and not after 50,000, so that a check can fill one. Fails where Azurite has no
// such limit any more.
const constants = require("azurite/dist/src/blob/utils/constants");
if (constants.MAX_APPEND_BLOB_BLOCK_COUNT !== 50000) throw new Error("Azurite's limit of blocks has moved");
constants.MAX_APPEND_BLOB_BLOCK_COUNT = 20;
