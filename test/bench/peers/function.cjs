/** What the Functions Framework serves. */
exports.bench = (request, response) => {
  response.json(request.path === '/hello' ? { message: 'Hello, world!' } : request.body);
};
