// Preloaded into Azurite: its store looks blobs and messages up by their account first, which all of them share, and so walks through all
// for each request. By the name first it finds them in its index, and a check of thousands of jobs takes minutes and not hours.
const { Resultset } = require("lokijs");
const find = Resultset.prototype.find;
if (typeof find !== "function") throw new Error("Azurite's store has no method find any more");
Resultset.prototype.find = function (query, firstOnly) {
	for (const key of ["name", "messageId"]) {
		if (query && typeof query[key] === "string") query = { [key]: query[key], ...query };
	}
	return find.call(this, query, firstOnly);
};
