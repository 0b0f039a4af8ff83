package grafana

import "encoding/json"

// What follows is the part of Grafana's JSON that the package reads.
type dashboardJSON struct {
	UID        string   `json:"uid"`
	Title      string   `json:"title"`
	Editable   *bool    `json:"editable"`
	Tags       []string `json:"tags"`
	Links      []Link   `json:"links"`
	Templating struct {
		List []variableJSON `json:"list"`
	} `json:"templating"`
	Annotations struct {
		List []struct {
			Annotation
			Datasource source `json:"datasource"`
		} `json:"list"`
	} `json:"annotations"`
	Panels []panelJSON `json:"panels"`
}

type source struct {
	UID string `json:"uid"`
}

type variableJSON struct {
	Name       string          `json:"name"`
	Type       string          `json:"type"`
	Query      json.RawMessage `json:"query"`
	Datasource source          `json:"datasource"`
	Multi      bool            `json:"multi"`
	IncludeAll bool            `json:"includeAll"`
	AllValue   string          `json:"allValue"`
	Regex      string          `json:"regex"`
	Refresh    int             `json:"refresh"`
}

func (v variableJSON) variable() Variable {
	found := Variable{
		Name: v.Name, Type: v.Type, Datasource: v.Datasource.UID,
		Multi: v.Multi, IncludeAll: v.IncludeAll, AllValue: v.AllValue, Regex: v.Regex, Refresh: v.Refresh,
	}
	// A query is a string, or an object with the string in it.
	var object struct {
		Query string `json:"query"`
	}
	if json.Unmarshal(v.Query, &found.Query) != nil && json.Unmarshal(v.Query, &object) == nil {
		found.Query = object.Query
	}
	return found
}
