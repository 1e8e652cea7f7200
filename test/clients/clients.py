# The vendors' clients for Python, as `python.test.ts` asks for them: on each line a call, answered by a line.
#   clients.py URL DOCUMENT...
import json
import sys

import cohere
import voyageai
from cohere.core.api_error import ApiError

url, *documents = sys.argv[1:]


def rank(client, key, query):
    if client == "cohere-v2":
        answer = cohere.ClientV2(key, base_url=url).rerank(
            model="any", query=query, documents=documents, top_n=1
        )
        return answer.results
    if client == "cohere-v1":
        answer = cohere.Client(key, base_url=url).rerank(
            model="any", query=query, documents=documents, top_n=1, return_documents=True
        )
        assert answer.results[0].document.text == documents[answer.results[0].index]
        return answer.results
    # max_retries counts the first attempt.
    voyage = voyageai.Client(api_key=key, base_url=url + "/v1", max_retries=2)
    top_k = None if client == "voyage-all" else 1
    answer = voyage.rerank(query, documents, model="any", top_k=top_k)
    assert answer.results[0].document == documents[answer.results[0].index]
    return answer.results


def tell(call):
    try:
        results = rank(**call)
        return {"results": [[each.index, each.relevance_score] for each in results]}
    except ApiError as error:
        return told(error, error.status_code, error.body["message"])
    except voyageai.error.VoyageError as error:
        return told(error, error.http_status, str(error))


def told(error, status, message):
    return {"error": type(error).__name__, "status": status, "message": message}


for line in sys.stdin:
    print(json.dumps(tell(json.loads(line))), flush=True)
