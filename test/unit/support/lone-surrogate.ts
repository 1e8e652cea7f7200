// Half of a surrogate pair, made at run time: a build step would write U+FFFD for the literal.
export const loneHigh = String.fromCharCode(0xd83d);
export const loneLow = String.fromCharCode(0xdc00);
